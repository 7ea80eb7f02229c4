"""Making it beautiful: rules that shorten an expression, and its views as indices, matrices and scalars."""
