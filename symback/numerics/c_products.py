"""C text: products of matrices, c = a b, rows m0 … m1 of the result.

`a` is given with a step for each axis, so that it may be transposed.  Where the rows of `b` are contiguous, panels of
2 vectors are read from it as they lie (or copied together first, where rows lie far apart and are used often); where its
columns are contiguous (b = Wᵀ), few rows of the result are made of inner products, and for many rows b is transposed
panel by panel.  The kernel keeps a tile of R x 2 vectors of the result in registers.
"""

__all__ = ["LINKED_PRODUCTS", "PRODUCTS", "PRODUCTS_ENTRY"]

PRODUCTS = r"""
#if defined(__AVX512F__)
#define TILE 10
#elif defined(__AVX__)
#define TILE 6
#else
#define TILE 4
#endif
#define PANEL (2 * LANES)

#if defined(__AVX512F__) /* a mask costs nothing there */
#define LOAD_LAST(p, n) load_part(p, n)
#define STORE_LAST(p, v, n) store_part(p, v, n)
#else
#define LOAD_LAST(p, n) ((n) == LANES ? load(p) : load_part(p, n))
#define STORE_LAST(p, v, n) ((n) == LANES ? store(p, v) : store_part(p, v, n))
#endif

/* R rows and C vectors of c, of which `part` entries are wanted of the last (LANES: all) */
INLINE void tile(const int R, const int C, long K, const real *restrict a, long ars, long acs,
                 const real *restrict b, long ldb, real *restrict c, long ldc, const long part, int adds) {
    vec sums[TILE][2];
    _Pragma("GCC unroll 16") for (int r = 0; r < R; r++) _Pragma("GCC unroll 2") for (int v = 0; v < C; v++) {
        sums[r][v] = (vec){0};
        if (K >= 64) __builtin_prefetch(c + r * ldc + v * LANES, 1); /* it is wanted when the sums are there */
    }
    for (long k = 0; k < K; k++) {
        vec row[2];
        _Pragma("GCC unroll 2") for (int v = 0; v < C; v++) {
            const real *p = b + k * ldb + v * LANES;
            row[v] = v == C - 1 ? LOAD_LAST(p, part) : load(p);
        }
        _Pragma("GCC unroll 16") for (int r = 0; r < R; r++) {
            vec x = splat(a[r * ars + k * acs]);
            _Pragma("GCC unroll 2") for (int v = 0; v < C; v++) sums[r][v] += x * row[v];
        }
    }
    _Pragma("GCC unroll 16") for (int r = 0; r < R; r++) _Pragma("GCC unroll 2") for (int v = 0; v < C; v++) {
        real *p = c + r * ldc + v * LANES;
        if (adds) sums[r][v] += v == C - 1 ? LOAD_LAST(p, part) : load(p);
        if (v == C - 1) STORE_LAST(p, sums[r][v], part);
        else store(p, sums[r][v]);
    }
}
#define TILE_CASE(R) case R: \
    if (n > LANES) tile(R, 2, K, a, ars, acs, b, ldb, c, ldc, part, adds); \
    else tile(R, 1, K, a, ars, acs, b, ldb, c, ldc, part, adds); \
    break;
static void any_tile(long R, long n, long K, const real *a, long ars, long acs, const real *b, long ldb, real *c, long ldc, int adds) {
    const long part = n > LANES ? n - LANES : n;
    switch (R) {
        TILE_CASE(1) TILE_CASE(2) TILE_CASE(3) TILE_CASE(4)
#if TILE > 4
        TILE_CASE(5) TILE_CASE(6)
#endif
#if TILE > 6
        TILE_CASE(7) TILE_CASE(8) TILE_CASE(9) TILE_CASE(10)
#endif
    }
}

static __attribute__((noinline)) real sum_quickly(vec v) { return sum_of(v); }

/* inner products of R rows of a with C rows of b, both contiguous */
INLINE void inner_tile(const int R, const int C, long K, const real *restrict a, long ars, const real *restrict b, long brs,
                       real *restrict c, long ldc) {
    vec sums[5][5];
    _Pragma("GCC unroll 5") for (int r = 0; r < R; r++) _Pragma("GCC unroll 5") for (int v = 0; v < C; v++) sums[r][v] = (vec){0};
    long k = 0;
    for (; k + LANES <= K; k += LANES) {
        vec x[5];
        _Pragma("GCC unroll 5") for (int r = 0; r < R; r++) x[r] = load(a + r * ars + k);
        _Pragma("GCC unroll 5") for (int v = 0; v < C; v++) {
            vec y = load(b + v * brs + k);
            _Pragma("GCC unroll 5") for (int r = 0; r < R; r++) sums[r][v] += x[r] * y;
        }
    }
    if (k < K) {
        vec x[5];
        _Pragma("GCC unroll 5") for (int r = 0; r < R; r++) x[r] = load_part(a + r * ars + k, K - k);
        _Pragma("GCC unroll 5") for (int v = 0; v < C; v++) {
            vec y = load_part(b + v * brs + k, K - k);
            _Pragma("GCC unroll 5") for (int r = 0; r < R; r++) sums[r][v] += x[r] * y;
        }
    }
    for (int r = 0; r < R; r++) for (int v = 0; v < C; v++) c[r * ldc + v] = sum_quickly(sums[r][v]);
}
#if defined(__AVX512F__)
#define INNER 5
#else
#define INNER 3
#endif
#define INNER_CASE(R) case R: \
    if (C == INNER) inner_tile(R, INNER, K, a, ars, b, brs, c, ldc); \
    else for (long v = 0; v < C; v++) inner_tile(R, 1, K, a, ars, b + v * brs, brs, c + v, ldc); \
    break;
static void any_inner_tile(long R, long C, long K, const real *a, long ars, const real *b, long brs, real *c, long ldc) {
    switch (R) {
        INNER_CASE(1) INNER_CASE(2) INNER_CASE(3)
#if INNER > 3
        INNER_CASE(4) INNER_CASE(5)
#endif
    }
}

/* parts of nearly equal length, at most `most`: the first of them */
INLINE long share(long length, long most) { long parts = (length + most - 1) / most; return (length + parts - 1) / parts; }

/* the vectors of a square, entry k of vector j to entry j of vector k */
INLINE void transpose_square(vec *rows) {
    enum { L = BYTES / sizeof(real) };
    ivec low, high;
    for (int i = 0; i < L; i++) low[i] = i / 2 + (i % 2) * L, high[i] = low[i] + L / 2;
    for (int round = 1; round < L; round *= 2) {
        vec next[L];
        _Pragma("GCC unroll 16") for (int i = 0; i < L / 2; i++) {
            next[2 * i] = __builtin_shuffle(rows[i], rows[i + L / 2], low);
            next[2 * i + 1] = __builtin_shuffle(rows[i], rows[i + L / 2], high);
        }
        _Pragma("GCC unroll 16") for (int i = 0; i < L; i++) rows[i] = next[i];
    }
}

/* a panel of n columns of b, which are contiguous, as rows of PANEL entries */
static void transpose_panel(long K, long n, const real *b, long bcs, real *panel) {
    enum { L = BYTES / sizeof(real) };
    for (long j = 0; j < n; j += LANES) {
        long k = 0;
        if (j + LANES <= n)
            for (; k + LANES <= K; k += LANES) {
                vec rows[L];
                _Pragma("GCC unroll 16") for (int i = 0; i < L; i++) rows[i] = load(b + (j + i) * bcs + k);
                transpose_square(rows);
                _Pragma("GCC unroll 16") for (int i = 0; i < L; i++) store(panel + (k + i) * PANEL + j, rows[i]);
            }
        for (; k < K; k++)
            for (long i = j; i < n && i < j + LANES; i++) panel[k * PANEL + i] = b[i * bcs + k];
    }
}
static void copy_panel(long K, long n, const real *b, long brs, real *panel) {
    for (long k = 0; k < K; k++) memcpy(panel + k * PANEL, b + k * brs, n * sizeof(real));
}

static void product(long m0, long m1, long N, long K, const real *a, long ars, long acs,
                    const real *b, long brs, long bcs, real *c, long ldc, real *panel) {
    const long M = m1 - m0;
    if (M <= 0) return;
    a += m0 * ars;
    c += m0 * ldc;
    if (K == 0) { for (long m = 0; m < M; m++) memset(c + m * ldc, 0, N * sizeof(real)); return; }
    const int is_transposed = bcs != 1 && N > 1;
    if ((N == 1 || is_transposed) && brs == 1 && acs == 1 && (N == 1 || (K >= 8 * LANES && M <= 12))) {
        const long R = share(M, INNER), C = INNER;
        for (long j = 0; j < N; j += C)
            for (long m = 0; m < M; m += R)
                any_inner_tile(M - m < R ? M - m : R, N - j < C ? N - j : C, K, a + m * ars, ars, b + j * bcs, bcs, c + m * ldc + j, ldc);
        return;
    }
    const int is_copied = is_transposed || (M >= 4 * TILE && K >= 64 && brs * sizeof(real) >= 1024);
    const long R = share(M, TILE), depth = 512;
    for (long k = 0; k < K; k += depth) {
        const long D = K - k < depth ? K - k : depth;
        if (!is_copied && K <= 32) { /* what is written counts: row after row */
            for (long m = 0; m < M; m += R)
                for (long j = 0; j < N; j += PANEL) {
                    const long r = M - m < R ? M - m : R, n = N - j < PANEL ? N - j : PANEL;
                    any_tile(r, n, D, a + m * ars, ars, acs, b + j, brs, c + m * ldc + j, ldc, 0);
                }
            continue;
        }
        for (long j = 0; j < N; j += PANEL) {
            const long n = N - j < PANEL ? N - j : PANEL;
            const real *rows = b + k * brs + j * bcs;
            if (is_transposed) transpose_panel(D, n, rows, bcs, panel);
            else if (is_copied) copy_panel(D, n, rows, brs, panel);
            for (long m = 0; m < M; m += R)
                any_tile(M - m < R ? M - m : R, n, D, a + m * ars + k * acs, ars, acs, is_copied ? panel : rows,
                         is_copied ? PANEL : brs, c + m * ldc + j, ldc, k > 0);
        }
    }
}
#define PANEL_SIZE (512 * PANEL)
"""

PRODUCTS_ENTRY = r"""
void symback_product(long m0, long m1, long N, long K, const real *a, long ars, long acs, const real *b, long brs, long bcs,
                     real *c, long ldc, real *panel) {
    product(m0, m1, N, K, a, ars, acs, b, brs, bcs, c, ldc, panel);
}
"""

LINKED_PRODUCTS = r"""
/* products of matrices are in a library of their own, which is compiled once for each precision */
static void (*product)(long m0, long m1, long N, long K, const real *a, long ars, long acs, const real *b, long brs, long bcs,
                       real *c, long ldc, real *panel);
void symback_link(void *found) { memcpy(&product, &found, sizeof found); }
#define PANEL_SIZE (512 * 2 * LANES)
"""
