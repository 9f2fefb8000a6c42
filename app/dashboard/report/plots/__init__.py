"""The few kinds of pictures that all charts are made of; each is data that can be drawn at any width."""
