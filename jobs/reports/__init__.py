"""Reports that people take away: what each holds is data (``catalog.toml``), its rows come from what is kept, and it is
written as XLSX, CSV, JSON or HTML, each with the stamp of what its figures stand on."""
