"""The fault programme: pools of two workers behind one small interface, and what is done to each of them."""
