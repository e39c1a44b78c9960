"""A simulated payment gateway: a process of its own that speaks HTTP and is honest about failure.

It charges nobody. It is also the mail provider of the demo, and delivers nothing.
"""
