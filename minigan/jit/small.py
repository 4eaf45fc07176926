"""What is too small to matter: gradients that would become subnormal numbers.

A discriminator that is sure of an example answers with a logit of -80, and the gradient
there is e^-80.  On its way back through layers with small weights it falls below the
smallest normal number, where many CPUs multiply far more slowly, for numbers that
change no parameter.  So a loss of logits says 0 where its gradient is below

    NEGLIGIBLE times the smallest normal number     (7.9e-31 in float32)

Libraries that switch the CPU to flushing subnormal numbers do the same a little later.
"""

NEGLIGIBLE = 2.0**26
