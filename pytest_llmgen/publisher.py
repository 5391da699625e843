"""stub for trying"""
class Publisher:
    unreviewed_before = 0
    def __init__(self, *a): pass
