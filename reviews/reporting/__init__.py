"""The PRISMA flow, exports, activity."""
