"""The pages that people look at: made of values alone, self-contained, without a network."""
