"""What can be said: names, tensor expressions, equations, steps, and how they are written."""
