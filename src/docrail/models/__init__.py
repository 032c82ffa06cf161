"""Language models: how one is asked, over which wire, and what it cost."""
