using Sallyport.Tools.Lineage;

// capture CONNECTION DUMPS-DIRECTORY   writes the golden dumps and facts of the server's major version
// judge CONNECTION TAGS-FILE [SQL...]   prints the verdict on each statement, its cost and its allocation
return args switch
{
    ["capture", var connection, var directory] => await Capture.RunAsync(connection, directory),
    ["judge", var connection, var tags, .. var statements] => await Judge.RunAsync(connection, tags, statements),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: capture CONNECTION DUMPS-DIRECTORY | judge CONNECTION TAGS-FILE [SQL...]");
    return 2;
}
