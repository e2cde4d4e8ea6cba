"""What a finding is, and its texts in English and Chinese. (Line 0.)"""
