"""C text: vectors of numbers, and exp, expm1, log, log1p, tanh of them.

The text is written for `real` (double or float) and compiles for any processor through the vector extensions of GCC and
Clang.  Accuracy, measured by tests/numerics/test_c_elementary.py against mpmath: exp, expm1, log within 2 units in the
last place, log1p, tanh and erf within 4, in both precisions, over all finite numbers with denormals, and right at ±0, ±∞ and nan.
sin, cos, sinh, cosh, arctan and power are those of the C library, entry by entry.

    exp     x = n log 2 + r, |r| <= log(2)/2, e^x = 2^n (1 + r + r² q(r)), q by Chebyshev interpolation
    expm1   2^n (r + r² q(r)) + (2^n - 1)
    tanh    -t/(t + 2), t = expm1(-2|x|)
    log     the method of fdlibm: log(1 + f) by a series in s = f/(2 + f)
    log1p   log(u) + (x - (u - 1))/u, u = 1 + x
"""

from symback.numerics.c_erf import ERROR_FUNCTION

__all__ = ["elementary_text"]

_TYPES = {
    "float64": r"""
typedef double real;
typedef int64_t whole;
#define FN(name) name
#define DIGITS 52
#define BIAS 1023
#define MAGIC 6755399441055744.0
#define EXP_LOW -746.0
#define EXP_HIGH 710.0
#define EXPM1_LOW -40.0
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define SQRT_HALF_BITS 0x3fe6a09e00000000LL
#define LEAST_NORMAL 2.2250738585072014e-308
static const real exp_terms[] = {
    2.5100385495510319078e-8, 2.7620088445409748161e-7, 2.7557268459997064772e-6, 0.000024801521295954375131,
    0.00019841269863053616878, 0.0013888888917213716901, 0.0083333333333300618325, 0.041666666666624127873,
    0.16666666666666667453, 0.50000000000000010221};
static const real log_even[] = {1.531383769920937332e-01, 2.222219843214978396e-01, 3.999999999940941908e-01};
static const real log_odd[] = {1.479819860511658591e-01, 1.818357216161805012e-01, 2.857142874366239149e-01, 6.666666666666735130e-01};
""",
    "float32": r"""
typedef float real;
typedef int32_t whole;
#define FN(name) name##f
#define DIGITS 23
#define BIAS 127
#define MAGIC 12582912.0f
#define EXP_LOW -104.0f
#define EXP_HIGH 89.0f
#define EXPM1_LOW -20.0f
#define LN2_HIGH 6.9313812256e-01f
#define LN2_LOW 9.0580006145e-06f
#define SQRT_HALF_BITS 0x3f3504f3
#define LEAST_NORMAL 1.17549435e-38f
static const real exp_terms[] = {0.00139261835877f, 0.00836317905272f, 0.0416665546172f, 0.166665769897f, 0.5f};
static const real log_even[] = {0.24279078841f, 0.40000972152f};
static const real log_odd[] = {0.28498786688f, 0.66666662693f};
""",
}

_TEXT = r"""
#define LANES ((long)(BYTES / sizeof(real)))
#define INLINE static inline __attribute__((always_inline, unused))
#define COUNT(table) ((int)(sizeof(table) / sizeof(table[0])))
typedef real vec __attribute__((vector_size(BYTES)));
typedef whole ivec __attribute__((vector_size(BYTES)));

INLINE vec load(const real *p) { vec v; memcpy(&v, p, sizeof v); return v; }
INLINE void store(real *p, vec v) { memcpy(p, &v, sizeof v); }
INLINE vec splat(real x) { return x - (vec){0}; }
#if defined(__AVX512F__) /* one instruction each; the header of these costs more to read than a small program */
#ifdef SINGLE
#define SUFFIX "ps"
#else
#define SUFFIX "pd"
#endif
typedef struct { real at[BYTES / sizeof(real)]; } block;
INLINE vec load_part(const real *p, long n) {
    vec v;
    __asm__("vmovu" SUFFIX " %1, %0%{%2%}%{z%}" : "=v"(v) : "m"(*(const block *)p), "Yk"((unsigned short)((1u << n) - 1)));
    return v;
}
INLINE void store_part(real *p, vec v, long n) {
    __asm__("vmovu" SUFFIX " %1, %0%{%2%}" : "+m"(*(block *)p) : "v"(v), "Yk"((unsigned short)((1u << n) - 1)));
}
#else
INLINE vec load_part(const real *p, long n) { real t[LANES]; for (long i = 0; i < LANES; i++) t[i] = i < n ? p[i] : 0; return load(t); }
INLINE void store_part(real *p, vec v, long n) { for (long i = 0; i < n; i++) p[i] = v[i]; }
#endif
INLINE vec load_strided(const real *p, long step, long n) {
    real t[BYTES / sizeof(real)] = {0};
    for (long i = 0; i < n; i++) t[i] = p[i * step];
    return load(t);
}
INLINE vec choose(ivec m, vec a, vec b) { return (vec)(((ivec)a & m) | ((ivec)b & ~m)); }
INLINE vec from_mask(ivec m) { return (vec)((ivec)splat(1) & m); }
INLINE ivec mask_of(real x) { return (ivec){0} - (whole)(x != 0); }
INLINE vec v_absolute(vec x) { return (vec)((ivec)x & ~(ivec)splat((real)-0.0)); }
INLINE vec v_negative(vec x) { return -x; }
INLINE vec v_maximum(vec a, vec b) { return choose((a > b) | (a != a), a, b); }
INLINE vec v_minimum(vec a, vec b) { return choose((a < b) | (a != a), a, b); }
INLINE vec v_sign(vec x) { return choose(x != x, x, from_mask(x > 0) - from_mask(x < 0)); }
INLINE vec v_square(vec x) { return x * x; }
INLINE vec v_sqrt(vec x) { for (int i = 0; i < LANES; i++) x[i] = FN(__builtin_sqrt)(x[i]); return x; }

/* 2^k for |k| < BIAS; 1 + r + r² q(r) without the 1; the parts n and r of x */
INLINE vec power_of_two(ivec k) { return (vec)((k + BIAS) << DIGITS); }
INLINE vec exp_part(vec r) {
    const vec square = r * r;
    const real *t = exp_terms;
#ifdef SINGLE
    vec q = ((t[0] * r + t[1]) * square + (t[2] * r + t[3])) * r + t[4];
#else /* by pairs: what counts is how long one waits for it */
    vec high = (t[0] * r + t[1]) * square + (t[2] * r + t[3]), low = (t[4] * r + t[5]) * square + (t[6] * r + t[7]);
    vec q = (high * (square * square) + low) * square + (t[8] * r + t[9]);
#endif
    return square * q + r;
}
INLINE vec reduced(vec x, vec *n, ivec *k) {
    vec shifted = x * (real)1.44269504088896340736 + MAGIC;
    *k = (ivec)shifted - (ivec)splat(MAGIC);
    *n = shifted - MAGIC;
    return (x - *n * (real)LN2_HIGH) - *n * (real)LN2_LOW;
}
#if defined(__AVX512F__) /* nan stays nan: of two operands the second is the result where one is nan; here the first comes last */
INLINE vec clamped(vec x, real low, real high) {
    vec v;
    __asm__("vmin" SUFFIX " %1, %2, %0" : "=v"(v) : "v"(x), "v"(splat(high)));
    __asm__("vmax" SUFFIX " %1, %2, %0" : "=v"(v) : "v"(v), "v"(splat(low)));
    return v;
}
INLINE vec scaled(vec p, vec n, ivec k) {
    __asm__("vscalef" SUFFIX " %1, %0, %0" : "+v"(p) : "v"(n));
    return p;
}
#else
INLINE vec clamped(vec x, real low, real high) {
    x = choose(x > high, splat(high), x);
    return choose(x < low, splat(low), x);
}
INLINE vec scaled(vec p, vec n, ivec k) {
    ivec half = k >> 1;
    return p * power_of_two(half) * power_of_two(k - half);
}
#endif
INLINE vec v_exp(vec x) {
    ivec k;
    vec n, p = exp_part(reduced(clamped(x, EXP_LOW, EXP_HIGH), &n, &k)) + (real)1;
    return scaled(p, n, k);
}
INLINE vec v_expm1(vec x) {
    ivec k;
    vec n, p = exp_part(reduced(clamped(x, EXPM1_LOW, EXP_HIGH), &n, &k));
    vec s = power_of_two(k - 1);
    vec result = (p * s + (s - (real)0.5)) * (real)2;
    return choose(x == 0, x, result);
}
INLINE vec v_tanh(vec x) {
    vec t = v_expm1(v_absolute(x) * (real)-2);
    ivec sign = (ivec)x & (ivec)splat((real)-0.0);
    vec size = (vec)((ivec)(t / (t + (real)2)) & ~(ivec)splat((real)-0.0));
    return (vec)((ivec)size | sign);
}
INLINE vec v_log(vec x) {
    ivec small = x < LEAST_NORMAL;
    ivec bits = (ivec)choose(small, x * (real)((whole)1 << (DIGITS + 2)), x);
    const whole one = (whole)BIAS << DIGITS;
    bits += one - SQRT_HALF_BITS;
    vec k = __builtin_convertvector((bits >> DIGITS) - BIAS - (small & (DIGITS + 2)), vec);
    vec f = (vec)((bits & (((whole)1 << DIGITS) - 1)) + SQRT_HALF_BITS) - (real)1;
    vec s = f / (f + (real)2), z = s * s, w = z * z;
    vec even = splat(log_even[0]), odd = splat(log_odd[0]);
    for (int i = 1; i < COUNT(log_even); i++) even = even * w + log_even[i];
    for (int i = 1; i < COUNT(log_odd); i++) odd = odd * w + log_odd[i];
    vec rest = w * even + z * odd, half = f * f * (real)0.5;
    vec result = k * (real)LN2_HIGH - ((half - (s * (half + rest) + k * (real)LN2_LOW)) - f);
    result = choose(x < 0, splat((real)NAN), result);
    result = choose(x == 0, splat((real)-INFINITY), result);
    return choose((x == (real)INFINITY) | (x != x), x, result);
}
INLINE vec v_log1p(vec x) {
    vec u = x + (real)1, c = x - (u - (real)1);
    vec result = v_log(u);
    result = choose((u > 0) & (u < (real)INFINITY), result + c / u, result);
    return choose(x == 0, x, result);
}
#define BY_ENTRY(name, call) \
    static __attribute__((noinline, unused)) vec v_##name(vec x) { for (int i = 0; i < LANES; i++) x[i] = FN(call)(x[i]); return x; }
BY_ENTRY(sin, sin)
BY_ENTRY(cos, cos)
BY_ENTRY(sinh, sinh)
BY_ENTRY(cosh, cosh)
BY_ENTRY(arctan, atan)
static __attribute__((noinline, unused)) vec v_power(vec x, vec y) { for (int i = 0; i < LANES; i++) x[i] = FN(pow)(x[i], y[i]); return x; }

INLINE real sum_of(vec v) {
    enum { L = BYTES / sizeof(real) };
    _Pragma("GCC unroll 4") for (int n = L / 2; n; n /= 2) {
        ivec other;
        for (int i = 0; i < L; i++) other[i] = (i + n) % L;
        v += __builtin_shuffle(v, other);
    }
    return v[0];
}
"""

_HEAD = r"""
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX__)
#define BYTES 32
#else
#define BYTES 16
#endif
"""


def elementary_text(dtype: str) -> str:
    """Types, loads and stores, and elementary functions for one precision.

    >>> "typedef float real;" in elementary_text("float32")
    True
    """
    return _HEAD + ("#define SINGLE\n" if dtype == "float32" else "") + _TYPES[dtype] + _TEXT + ERROR_FUNCTION
