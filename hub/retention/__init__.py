"""What is kept only for a while: which rows and files may go, and the nightly walk that lets them go."""
