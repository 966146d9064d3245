"""Line-API widgets: they draw only the lines that show, so cost does not grow with what there is to show."""
