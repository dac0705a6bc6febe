"""Tickets, their threads and their clocks; who answers them and how is decided on the floors above."""
