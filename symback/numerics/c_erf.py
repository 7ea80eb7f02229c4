"""C text: the error function of vectors, which exact GELU needs; of the same pieces as `error_function`."""

__all__ = ["ERROR_FUNCTION"]

ERROR_FUNCTION = r"""
/* the error function by the four pieces of fdlibm: |x| < 0.84375, |x| < 1.25, |x| < 1/0.35 and beyond */
static const real erf_near_above[] = {-2.37630166566501626084e-05, -5.77027029648944159157e-03, -2.84817495755985104766e-02,
    -3.25042107247001499370e-01, 1.28379167095512558561e-01};
static const real erf_near_below[] = {-3.96022827877536812320e-06, 1.32494738004321644526e-04, 5.08130628187576562776e-03,
    6.50222499887672944485e-02, 3.97917223959155352819e-01, 1.0};
static const real erf_middle_above[] = {-2.16637559486879084300e-03, 3.54783043256182359371e-02,
    -1.10894694282396677476e-01, 3.18346619901161753674e-01, -3.72207876035701323847e-01, 4.14856118683748331666e-01,
    -2.36211856075265944077e-03};
static const real erf_middle_below[] = {1.19844998467991074170e-02, 1.36370839120290507362e-02, 1.26171219808761642112e-01,
    7.18286544141962662868e-02, 5.40397917702171048937e-01, 1.06420880400844228286e-01, 1.0};
static const real erf_far_above[] = {-9.81432934416914548592e00, -8.12874355063065934246e01, -1.84605092906711035994e02,
    -1.62396669462573470355e02, -6.23753324503260060396e01, -1.05586262253232909814e01, -6.93858572707181764372e-01,
    -9.86494403484714822705e-03};
static const real erf_far_below[] = {-6.04244152148580987438e-02, 6.57024977031928170135e00, 1.08635005541779435134e02,
    4.29008140027567833386e02, 6.45387271733267880336e02, 4.34565877475229228821e02, 1.37657754143519042600e02,
    1.96512716674392571292e01, 1.0};
static const real erf_tail_above[] = {-4.83519191608651397019e02, -1.02509513161107724954e03, -6.37566443368389627722e02,
    -1.60636384855821916062e02, -1.77579549177547519889e01, -7.99283237680523006574e-01, -9.86494292470009928597e-03};
static const real erf_tail_below[] = {-2.24409524465858183362e01, 4.74528541206955367215e02, 2.55305040643316442583e03,
    3.19985821950859553908e03, 1.53672958608443695994e03, 3.25792512996573918826e02, 3.03380607434824582924e01, 1.0};
#define SERIES(name, x) series(name, COUNT(name), x)
INLINE vec series(const real *terms, const int count, vec x) {
    vec sum = splat(terms[0]);
    _Pragma("GCC unroll 16") for (int i = 1; i < count; i++) sum = sum * x + terms[i];
    return sum;
}
static __attribute__((noinline, unused)) vec v_erf(vec x) {
    const vec size = v_absolute(x), square = x * x, shifted = size - (real)1, outside = clamped(size, 1, 6);
    const vec inverse = (real)1 / (outside * outside);
    const ivec is_near = size < (real)0.84375, is_middle = size < (real)1.25, is_far = size < (real)(1 / 0.35);
    const vec far_above = SERIES(erf_far_above, inverse), far_below = SERIES(erf_far_below, inverse);
    const vec tail_above = SERIES(erf_tail_above, inverse), tail_below = SERIES(erf_tail_below, inverse);
    vec above = choose(is_far, far_above, tail_above), below = choose(is_far, far_below, tail_below);
    above = choose(is_middle, SERIES(erf_middle_above, shifted), above);
    below = choose(is_middle, SERIES(erf_middle_below, shifted), below);
    above = choose(is_near, SERIES(erf_near_above, square), above);
    below = choose(is_near, SERIES(erf_near_below, square), below);
    const vec ratio = above / below;
    vec result = (real)1 - v_exp(ratio - (real)0.5625 - outside * outside) / outside;
    result = choose(is_middle, ratio + (real)8.45062911510467529297e-01, result);
    result = (vec)((ivec)result | ((ivec)x & (ivec)splat((real)-0.0)));
    result = choose(is_near, x + x * ratio, result);
    return choose(x != x, x, result);
}
"""
