"""Numbers for the distribution of a normal random number, which GELU needs.

    P(X > z) = e^(-z^2 / 2) t Q(2 t - 1),     t = 1 / (1 + z / 4),   z >= 0

Q is smooth on -1 ... 1, of which the ends are z = infinity and z = 0.  The polynomials
interpolate it in Chebyshev points (solved in 60 digits, then rounded); relative to Q
they are off by at most 5e-8 (float32) and 3e-16 (float64).
"""

from math import pi, sqrt

TAIL_SCALE = 0.25
DENSITY = 1 / sqrt(2 * pi)  # of a normal random number, at 0
GELU_ROOT, GELU_CUBE = sqrt(2 / pi), 0.044715  # of the approximate form

TAIL_32 = (
    0.188821283,
    0.151974099,
    0.0967843498,
    0.0466317015,
    0.0150991512,
    0.00187797299,
    -0.000869957719,
    -0.000390834271,
    3.33775606e-05,
    3.92803887e-05,
    -4.18328843e-07,
)
TAIL_64 = (
    0.18882128260393788,
    0.15197416049297327,
    0.09678435018555413,
    0.0466304644898918,
    0.0150991437226906,
    0.0018850472422843282,
    -0.0008699230907225889,
    -0.00040770462197059135,
    3.3336064725932385e-05,
    5.777378769692352e-05,
    -4.769768721001885e-07,
    -8.786411146462108e-06,
    1.7881843773924422e-07,
    1.4807449569327557e-06,
    -1.5655171918891746e-07,
    -2.567737201979978e-07,
    6.655819749346244e-08,
    4.057979421871546e-08,
    -1.997462690001148e-08,
    -4.902084793709716e-09,
    4.134011202870754e-09,
    3.211454734911563e-10,
    -4.434351279485601e-10,
)
