"""Everything that is drawn; the only part that imports matplotlib and Pillow.

curves        losses, answers of D and gradients over the steps of a run
points        real and generated points, and several sets of them side by side
surface       an animation of points that move over what D believes
image_grid    many small images, side by side or one after the other
model         the layers of a network as boxes
output        files: equal pictures give equal ones, written whole or not at all

Nothing is imported here, so that a program that draws nothing does not wait for it.
"""
