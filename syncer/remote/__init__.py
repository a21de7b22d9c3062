"""The wire: what the service is asked, and what it answered.

`client` speaks HTTP, `query` decides how to read many records, `convert` alone knows the API's field names.
`transport` is one exchange, `retry` the one table of what is tried again, `pace` when.
"""
