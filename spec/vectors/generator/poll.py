def files():
    return {"index.tsv": b"name\tfile\texpected\n"}
