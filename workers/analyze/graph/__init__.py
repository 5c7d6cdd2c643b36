"""What files have to do with each other: who imports whom, who calls whom, and what nobody refers to."""
