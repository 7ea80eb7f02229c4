"""The error function for arrays, which NumPy does not have; exact GELU needs it.

This text goes into the stand-alone modules that use it, so it needs NumPy alone.
"""

import numpy as np

__all__ = ["erf"]

_NEAR_ABOVE = (
    1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02, -5.77027029648944159157e-03,
    -2.37630166566501626084e-05,
)  # fmt: skip
_NEAR_BELOW = (
    1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03, 1.32494738004321644526e-04,
    -3.96022827877536812320e-06,
)  # fmt: skip
_MIDDLE_VALUE = 8.45062911510467529297e-01
_MIDDLE_ABOVE = (
    -2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01, 3.18346619901161753674e-01,
    -1.10894694282396677476e-01, 3.54783043256182359371e-02, -2.16637559486879084300e-03,
)  # fmt: skip
_MIDDLE_BELOW = (
    1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02, 1.26171219808761642112e-01,
    1.36370839120290507362e-02, 1.19844998467991074170e-02,
)  # fmt: skip
_FAR_ABOVE = (
    -9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e01, -6.23753324503260060396e01,
    -1.62396669462573470355e02, -1.84605092906711035994e02, -8.12874355063065934246e01, -9.81432934416914548592e00,
)  # fmt: skip
_FAR_BELOW = (
    1.0, 1.96512716674392571292e01, 1.37657754143519042600e02, 4.34565877475229228821e02, 6.45387271733267880336e02,
    4.29008140027567833386e02, 1.08635005541779435134e02, 6.57024977031928170135e00, -6.04244152148580987438e-02,
)  # fmt: skip
_TAIL_ABOVE = (
    -9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e01, -1.60636384855821916062e02,
    -6.37566443368389627722e02, -1.02509513161107724954e03, -4.83519191608651397019e02,
)  # fmt: skip
_TAIL_BELOW = (
    1.0, 3.03380607434824582924e01, 3.25792512996573918826e02, 1.53672958608443695994e03, 3.19985821950859553908e03,
    2.55305040643316442583e03, 4.74528541206955367215e02, -2.24409524465858183362e01,
)  # fmt: skip


def erf(x: np.ndarray) -> np.ndarray:
    """The error function, by the rational approximations of Sun's fdlibm (s_erf.c), to about one unit in the last place.

    Four pieces: |x| < 0.84375, |x| < 1.25, |x| < 1/0.35 and beyond.
    """
    size = np.abs(x)
    square = x * x
    near = x + x * (_polynomial(square, _NEAR_ABOVE) / _polynomial(square, _NEAR_BELOW))
    shifted = np.minimum(size, 2) - 1
    middle = _MIDDLE_VALUE + _polynomial(shifted, _MIDDLE_ABOVE) / _polynomial(shifted, _MIDDLE_BELOW)
    outside = np.clip(size, 1, 6)
    inverse = 1 / (outside * outside)
    ratio = np.where(
        outside < 1 / 0.35,
        _polynomial(inverse, _FAR_ABOVE) / _polynomial(inverse, _FAR_BELOW),
        _polynomial(inverse, _TAIL_ABOVE) / _polynomial(inverse, _TAIL_BELOW),
    )
    far = 1 - np.exp(ratio - 0.5625 - outside * outside) / outside
    result = np.where(size < 0.84375, near, np.copysign(np.where(size < 1.25, middle, far), x))
    return np.where(np.isnan(x), x, result)


def _polynomial(x: np.ndarray, coefficients: tuple[float, ...]) -> np.ndarray:
    """c_0 + c_1 x + c_2 x² + …, by Horner's rule."""
    result = x * coefficients[-1]
    for coefficient in coefficients[-2:0:-1]:
        result += coefficient
        result *= x
    return result + coefficients[0]
