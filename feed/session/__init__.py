"""Sessions: a request becomes a query, a ranked queue becomes pages, the rest a cursor."""
