"""The CRM core: people and their addresses, staff, access and the contact's history; later companies and sales."""
