"""Judging formulas: those that symback derives itself, against the ones people wrote down."""
