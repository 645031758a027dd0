"""1C:Enterprise through its standard OData interface."""
