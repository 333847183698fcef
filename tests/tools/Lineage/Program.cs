using Sallyport.Tools.Lineage;

// capture CONNECTION DUMPS-DIRECTORY   writes the golden dumps and facts of the server's major version
// judge CONNECTION TAGS-FILE [SQL...]   prints the verdict on each statement; without SQL reads statements from the input, one a line
// corpus CONNECTION CORPUS-DIRECTORY   prints the verdict table over a masking corpus
return args switch
{
    ["capture", var connection, var directory] => await Capture.RunAsync(connection, directory),
    ["judge", var connection, var tags, .. var statements] => await Judge.RunAsync(connection, tags, statements),
    ["corpus", var connection, var directory] => await Corpus.RunAsync(connection, directory),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: capture CONNECTION DUMPS-DIRECTORY | judge CONNECTION TAGS-FILE [SQL...] | corpus CONNECTION CORPUS-DIRECTORY");
    return 2;
}
