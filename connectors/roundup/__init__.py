"""The desk that comes with uchet: a Roundup tracker with its own template, a server for it and a REST connector."""
