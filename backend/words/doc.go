// Package words says in other languages what Metapi's code says in English.
//
//	words.Say("zh-Hans", `The key "notes" was revoked.`)
//
// English is what the code makes, and what the command line and tools' API errors stay. A sentence is put into a person's language where they read
// it: in the window (frontend/src/words/say.ts, the same table by the same rules), the tray and notifications. So no sentence is made twice, what is
// kept (a request's error, a reason) can be read in a language chosen later, and one that is not in the table is still readable.
//
// # The table
//
// A language is a file, LANGUAGE.json: English templates, with {} where something is put in, and what they are in that language, with {1}, {2}... for
// the first, the second... of these, in any order. A third language is a third file. See say.go for how a sentence finds its template.
//
// The tests read the sources: a sentence that the table lacks fails them, and so does an entry that nothing says any more (gather_test.go).
//
// # Words
//
// These are the words of Simplified Chinese, here and on the pages (frontend/src/words/zh-Hans). You are addressed as 你, and Metapi says what it did without
// a subject. A space stands between Chinese and Latin letters or digits, but not beside full-width punctuation (，。：；（）). Names of things in the
// sentence stand in 「」 where English quotes them.
//
//	account            账户          attempt          尝试             mode             模式
//	key                密钥          local key        本地密钥         failover         故障转移
//	provider           服务商        upstream         上游             balance (mode)   负载均衡
//	model              模型          virtual model    虚拟模型         latency          延迟 (mode: 最快)
//	alias              别名          deployment       部署             cost             费用 (mode: 最省)
//	tool, client       工具          session          会话             quality          质量 (mode: 最佳)
//	request            请求          reply, answer    回复             auto             自动
//	token              token         cache            缓存             routing          路由
//	prompt             提示词        context          上下文           rule             规则
//	completion         补全          thinking         思考             tier             层级
//	budget             预算          price            价格             candidate        候选
//	spend, spent       支出          saved, savings   节省             pool             账户池
//	balance (money)    余额          rate (currency)  汇率             order            顺序
//	bill               账单          estimate         估算             pin              固定
//	cooldown, cools    冷却          timeout          超时             race, hedge      竞速
//	retry              重试          rate limit       速率限制         replay           重放
//	refused            被拒绝        error, failure   错误, 失败       explain          解释
//	pause, resume      暂停, 继续    revoke           吊销             receipt          回执
//	add, remove        添加, 移除    edit, undo       编辑, 撤销       capture          留存
//	settings           设置          data folder      数据文件夹       retention        保留期限
//	tray               托盘          window           窗口             notification     通知
//	gateway            网关          port, address    端口, 地址       proxy            代理
//	keychain           钥匙串        passphrase       口令             certificate      证书
//	ledger             账本          backup, restore  备份, 恢复       diagnostics      诊断信息
//	doctor             诊断          overview         概览             playground       试用
//	start at login     开机自启      hub, relay       中转站           thumb up, down   赞, 踩
//	capability         能力          tool call        工具调用         reasoning effort 思考强度
//	header             标头          body             正文             web page         网页
//
// Names stay as they are: Metapi, OpenAI, JSON, YAML, API, Claude Code, and what is typed (metapi doctor, --hard, routing.yaml).
package words
