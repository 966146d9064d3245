"""Questions with known answers: the expectation files of product.md, and their runner (`svcmap verify`)."""
