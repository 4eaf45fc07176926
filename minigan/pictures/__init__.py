"""Everything that is drawn; the only part that imports matplotlib.

curves        losses, answers of D and gradients over the steps of a run
points        real and generated points, and several sets of them side by side
pairs         the same of rows with any number of columns, and an animation of them
surface       an animation of points that move over what D believes
image_grid    many small images, side by side or one after the other
model         the layers of a network as boxes
output        files: equal pictures give equal ones, written whole or not at all
settings      matplotlib's own defaults, whatever a user has set

matplotlib is imported here, before any of them; who draws nothing does not wait for it.
"""

from . import settings as settings
