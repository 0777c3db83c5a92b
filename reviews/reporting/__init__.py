<<<<<<< HEAD
"""The PRISMA flow, exports, activity."""
=======
"""The flow of the review and the documents it ends in."""
>>>>>>> parsers
