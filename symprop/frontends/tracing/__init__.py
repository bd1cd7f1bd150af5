"""Functions of the user's own Python as equations: they are run on arrays that record what is done to them."""

from symprop.frontends.tracing.loss import TracedLoss, traced_loss

__all__ = ["TracedLoss", "traced_loss"]
