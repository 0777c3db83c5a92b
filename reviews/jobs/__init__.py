"""The one table and the one task behind every background job."""
