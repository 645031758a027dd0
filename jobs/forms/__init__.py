"""The unified forms that people sign: what each looks like is data (``*.toml``), what stands in it comes from a kept
reconciliation or from a file of a person's, and it is written as XLSX or as HTML to print."""
