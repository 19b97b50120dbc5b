"""A processor's own REST interface, described in a YAML file instead of in code (protocol `rest`).

settings     the options of retention.yaml: which descriptor, address, secrets
reading      a descriptor's file → Descriptor; every problem with its line
descriptor   what a descriptor may say
filling      templates: the least data put into path, query, headers and body
wire         one HTTP call: credentials, pages, Retry-After
processor    submit, status, look-up; what an answer means
ready/       descriptors written from public documentation, each with the day it was read
"""
