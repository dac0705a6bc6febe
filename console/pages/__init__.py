"""The pages, a file each; what they show is read through the packages' `visible` with the visitor's scope."""
