"""The pictures of a finished run: file name -> function of a path."""

from ..gan.film import PointFilm, as_bytes

SCATTERED = 300  # points in samples.png, real and generated each
SHOWN = 64  # images in samples.png, real and generated each


def pictures_of(session):
    """All that suit the run: curves always, samples where they can be drawn."""
    trainer, film = session.trainer, session.film
    pictures = {
        "losses.png": lambda path: _losses(trainer, path),
        "gradients.png": lambda path: _plotting().gradients(trainer.history, path),
    }
    if isinstance(film, PointFilm):
        pictures |= {
            "samples.png": lambda path: _scatter(session, path),
            "progress.png": lambda path: _scatter_row(session, path),
            "training.gif": lambda path: _surface_gif(film, path),
        }
    elif film:
        pictures |= {
            "samples.png": lambda path: _beside(session, path),
            "progress.png": lambda path: _image_row(session, path),
            "training.gif": lambda path: _image_gif(session, path),
        }
    return pictures


def draw_report(session, path):
    """The grid of a report: images of the film's z, as they are now."""
    from .. import mosaic

    trainer, film = session.trainer, session.film
    step = f"step {trainer.step_count:,}"
    mosaic.samples_png(film.look(trainer), path, trainer.name, step)


def _plotting():
    from .. import plotting

    return plotting


def _losses(trainer, path):
    game = trainer.objective
    _plotting().losses(
        trainer.history,
        path,
        real_label=game.real_label,
        fake_label=game.fake_label,
        objective=game.name,
    )


# ---- points ------------------------------------------------------------------------


def _scatter(session, path):
    _plotting().scatter(*session.rows(SCATTERED), path)


def _scatter_row(session, path):
    frames = session.film.frames()
    row = [frames.nearest(step) for step in _moments(session, frames.steps)]
    titled = [(f"step {step:,}", fakes) for step, fakes in row]
    _plotting().scatter_row(frames.real, titled, path)


def _surface_gif(film, path):
    from .. import animation

    animation.training_gif(film.frames(), path)


# ---- images ------------------------------------------------------------------------


def _beside(session, path):
    from .. import mosaic

    shape = session.film.shape
    real, fake = (as_bytes(rows, shape) for rows in session.rows(SHOWN))
    mosaic.beside_png(real, fake, path, f"step {session.trainer.step_count:,}")


def _image_row(session, path):
    from .. import mosaic

    frames = dict(session.film.frames())
    steps = [
        min(frames, key=lambda step: abs(step - moment))
        for moment in _moments(session, list(frames))
    ]
    mosaic.progress_png([(step, frames[step]) for step in steps], path)


def _image_gif(session, path):
    from .. import mosaic

    mosaic.training_gif(session.film.frames(), path, session.trainer.name)


def _moments(session, steps):
    """The first, the middle and the last of a film."""
    return steps[0], session.steps / 2, steps[-1]
