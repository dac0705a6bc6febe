"""The composition: settings become objects, objects become running tasks."""
