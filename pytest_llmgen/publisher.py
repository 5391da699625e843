"""stub for trying"""
class Publisher:
    unreviewed_before = 0
    def __init__(self, *a): pass
    def drafts(self, kept): return {}
    def publish(self, kept): return kept, []
    def keep_suspects(self, s): return {}
