"""Web services of a 1C base over SOAP 1.1 and 1.2, beside OData and over the same state."""
