"""What git knows of the files: earlier versions, and how often they changed. Only here is git ever run."""
