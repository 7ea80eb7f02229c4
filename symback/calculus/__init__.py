"""The chain rule: derivatives of tensor expressions, and the reverse sweep over the equations of a network."""
