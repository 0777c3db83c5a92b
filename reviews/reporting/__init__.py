"""The flow of the review and the documents it ends in."""
