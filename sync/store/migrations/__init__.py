"""Schema migrations, run by ``uchet.sync.store.migrate``; never by hand."""
