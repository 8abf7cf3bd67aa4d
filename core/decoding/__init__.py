"""From a trained caption model to captions: rules, beam search, hypotheses."""
