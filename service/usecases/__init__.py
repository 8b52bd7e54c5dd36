"""The use cases of the service: each public function reads as the recipe of one."""
