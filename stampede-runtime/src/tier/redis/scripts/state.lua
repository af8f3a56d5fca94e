return namespace()
