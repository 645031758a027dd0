"""The unified forms that people sign: what each looks like is data (``*.toml``), what stands in it comes from a kept
reconciliation, a draft, what both sides have now or a file of a person's, and it is written as XLSX, HTML or PDF."""
