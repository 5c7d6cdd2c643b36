"""The Model Context Protocol: its versions and eras, its messages, and the shape of an answer in each era."""
