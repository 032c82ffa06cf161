"""The page: what a person sees in a browser, over the same use cases as the API."""
