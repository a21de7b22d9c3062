"""Desired and observed records → a Plan; pure: values in, values out."""
