"""SMART in a browser: accounts, pages and an API over the desk (line 7b). Nothing is imported here."""
